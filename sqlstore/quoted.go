package sqlstore

import "regexp"

// quoting matches the errors of MySQL that may quote a value which the server does not
// take, in whatever language it is set to: those of the classes 22 and 23 (values, and
// unique ones) and HY (all others), and those of drivers that do not say the class. The
// number says what was wrong.
var quoting = regexp.MustCompile(`(?s)^(Error \d+(?: \((?:22|23|HY)\w{3}\))?): .*$`)

// unquoted is an error of the driver without what it quotes of a row.
type unquoted struct {
	text string
	err  error
}

// Error implements error.
func (e *unquoted) Error() string { return e.text }

// Unwrap returns the driver's error as it is.
func (e *unquoted) Unwrap() error { return e.err }

func unquote(err error) error {
	if found := quoting.FindStringSubmatch(err.Error()); found != nil {
		return &unquoted{found[1], err}
	}
	return err
}
