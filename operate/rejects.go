package operate

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
)

// Rejects writes rejected records in the format of the file that they are from, with
// the reason, so that the output can be corrected and imported. It holds contact ids:
// let nobody else read it. It is not safe for concurrent use.
type Rejects struct {
	to     io.Writer
	from   *Reader
	rows   *csv.Writer
	reason int // the column of it
}

// NewRejects returns a Rejects for the records of a reader.
func NewRejects(to io.Writer, from *Reader) (*Rejects, error) {
	w := &Rejects{to: to, from: from}
	if from.lines != nil {
		return w, nil
	}
	w.rows = csv.NewWriter(to)
	names := slices.Clone(from.names)
	if w.reason = slices.Index(from.fields, fieldReason); w.reason < 0 {
		w.reason = len(names)
		names = append(names, fieldReason)
	}
	return w, w.write(names)
}

func (w *Rejects) write(fields []string) error {
	if err := w.rows.Write(fields); err != nil {
		return err
	}
	w.rows.Flush()
	return w.rows.Error()
}

// Add writes one record.
func (w *Rejects) Add(r Record, reason string) error {
	if w.rows != nil {
		if r.text != nil { // one field more than there are columns: it is never read as a record
			fields := make([]string, max(w.reason+1, len(w.from.names))+1)
			fields[w.reason], fields[len(fields)-1] = reason, string(r.text)
			return w.write(fields)
		}
		if len(r.raw) > len(w.from.names) {
			fields := slices.Clone(r.raw) // nothing of it is lost
			if fields[len(fields)-1] != reason {
				fields = append(fields, reason)
			}
			return w.write(fields)
		}
		fields := make([]string, max(w.reason+1, len(r.raw)))
		copy(fields, r.raw)
		fields[w.reason] = reason
		return w.write(fields)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(r.text, &object) != nil || object == nil {
		raw, err := json.Marshal(string(r.text))
		if err != nil {
			return err
		}
		object = map[string]json.RawMessage{"line": raw}
	}
	text, err := json.Marshal(reason)
	if err != nil {
		return err
	}
	for name := range object {
		if normalizeField(name) == fieldReason {
			delete(object, name)
		}
	}
	object[fieldReason] = text
	line, err := json.Marshal(object)
	if err != nil {
		return err
	}
	_, err = w.to.Write(append(line, '\n'))
	return err
}
