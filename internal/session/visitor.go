package session

// IsVisitorOf reports whether a visitor's key was made by this scope. All keys of
// one begin alike, so that an entry of another is a miss.
func IsVisitorOf(scope, key string) bool {
	return len(key) > len(scope) && key[:len(scope)] == scope
}

// Says reports whether an entry says all that another does, but for its times.
func (e Entry) Says(other Entry) bool {
	other.Checked, other.Issued, other.Former = e.Checked, e.Issued, ""
	return e == other
}
