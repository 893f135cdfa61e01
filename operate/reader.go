package operate

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxLine bounds one line of JSON.
const maxLine = 1 << 20

// Reader reads an existing mapping, as CSV with a header line, or as one JSON object a
// line. A line has member_id and contact_id and may have name,
// email, phone, query_metadata (a JSON object, or null for none) and created;
// names may be written in camelCase, too. Make one with [NewReader]; it is not
// safe for concurrent use.
type Reader struct {
	rows     *csv.Reader
	recorded *recorder // what rows has read
	names    []string  // of the columns, as they stand in the file
	fields   []string  // and as they are compared
	lines    *bufio.Scanner
	line     int
}

// NewReader finds out the format of the mapping. The error says what is missing.
func NewReader(from io.Reader) (*Reader, error) {
	text := bufio.NewReaderSize(from, 64<<10)
	if mark, _ := text.Peek(3); string(mark) == "\uFEFF" {
		_, _ = text.Discard(len(mark))
	}
	for {
		next, err := text.Peek(1)
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the file has nothing to import: it is empty")
		case err != nil:
			return nil, fmt.Errorf("the file cannot be read: %w", err)
		case strings.ContainsRune(" \t\r\n", rune(next[0])):
			_, _ = text.Discard(1)
			continue
		case next[0] == '{':
			lines := bufio.NewScanner(text)
			lines.Buffer(nil, maxLine)
			return &Reader{lines: lines}, nil
		}
		break
	}
	read := &recorder{from: text}
	r := &Reader{rows: csv.NewReader(read), recorded: read}
	r.rows.FieldsPerRecord = -1
	var err error
	if r.names, err = r.rows.Read(); err != nil {
		return nil, errors.New("the first line is no CSV; it must name the columns, such as member_id,contact_id")
	}
	for _, name := range r.names {
		field := normalizeField(name)
		if slices.Contains(r.fields, field) {
			return nil, errors.New("the first line names a column twice")
		}
		r.fields = append(r.fields, field)
	}
	if !slices.Contains(r.fields, fieldMember) || !slices.Contains(r.fields, fieldContact) {
		return nil, missingColumns(r.names)
	}
	return r, nil
}

// missingColumns says why the columns are not found: the separator may not be a comma.
func missingColumns(names []string) error {
	for separator, called := range map[string]string{";": "semicolons", "\t": "tabs", "|": "bars"} {
		var fields []string
		for name := range strings.SplitSeq(strings.Join(names, ","), separator) {
			fields = append(fields, normalizeField(name))
		}
		if slices.Contains(fields, fieldMember) && slices.Contains(fields, fieldContact) {
			return fmt.Errorf("the file is separated by %s; write it with commas", called)
		}
	}
	return errors.New("the first line must name the columns member_id and contact_id")
}

// Next reads a record. The error is io.EOF at the end, or that of the file. A line that
// is no valid record is returned as one all the same, and rejected by Import.
func (r *Reader) Next() (Record, error) {
	if r.lines != nil {
		return r.nextObject()
	}
	start := r.rows.InputOffset()
	r.recorded.forget(start)
	values, err := r.rows.Read()
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		text := r.recorded.text(start, r.rows.InputOffset())
		return Record{line: wrong.StartLine, text: text, fault: csvFault(wrong, text)}, nil
	}
	if err != nil {
		return Record{}, err
	}
	line, _ := r.rows.FieldPos(0)
	record := Record{line: line, raw: values}
	if len(values) > len(r.names) {
		record.fault = errors.New("the line has more fields than there are columns")
		return record, nil
	}
	named := map[string]string{}
	for i, value := range values {
		if slices.Contains(knownFields, r.fields[i]) {
			named[r.fields[i]] = value
		}
	}
	record.fault = record.fill(named)
	return record, nil
}

// csvFault says why a line is not valid CSV. An unclosed quote swallows the lines after
// it, up to the next quote or to the end.
func csvFault(wrong *csv.ParseError, text []byte) error {
	if wrong.Line > wrong.StartLine {
		return fmt.Errorf("lines %d to %d are no CSV: a quote is not closed, so that they are read as one", wrong.StartLine, wrong.Line)
	}
	if _, err := csv.NewReader(strings.NewReader(string(text) + `"`)).Read(); err == nil {
		return errors.New("the line is no CSV: a quote is not closed")
	}
	return errors.New("the line is no CSV: a quote stands where none may; quote the whole field, and write the quotes in it twice")
}

func (r *Reader) nextObject() (Record, error) {
	for r.lines.Scan() {
		r.line++
		text := bytes.TrimSpace(r.lines.Bytes())
		if len(text) == 0 {
			continue
		}
		record, err := parseObject(bytes.Clone(text))
		record.line, record.fault = r.line, err
		return record, nil
	}
	if err := r.lines.Err(); err != nil {
		return Record{}, fmt.Errorf("line %d: %w", r.line+1, err)
	}
	return Record{}, io.EOF
}

// recorder keeps what was read last, so that a line which is not valid CSV can be
// reported as it is in the file.
type recorder struct {
	from io.Reader
	at   int64 // where kept begins
	kept []byte
}

// Read implements io.Reader.
func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.kept = append(r.kept, p[:n]...)
	return n, err
}

// forget drops what is before that offset.
func (r *recorder) forget(before int64) {
	r.kept = r.kept[:copy(r.kept, r.kept[before-r.at:])]
	r.at = before
}

// text returns what is between two offsets, without the line ending.
func (r *recorder) text(from, to int64) []byte {
	return bytes.TrimRight(bytes.Clone(r.kept[from-r.at:to-r.at]), "\r\n")
}
