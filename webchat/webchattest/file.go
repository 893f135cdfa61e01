package webchattest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

type stateFile struct {
	Version  int       `json:"version"`
	Contacts []Contact `json:"contacts"`
}

// load reads the file, or makes it.
func (s *state) load() error {
	seen, _ := os.Stat(s.file)
	data, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return s.save() // better now than at the first contact
	}
	if err != nil {
		return fmt.Errorf("read the file of contacts: %w", err)
	}
	var kept stateFile
	if err := json.Unmarshal(data, &kept); err != nil {
		return fmt.Errorf("the file of contacts is not one of ours; name another or remove it: %w", err)
	}
	if kept.Version != 1 {
		return fmt.Errorf("the file of contacts has version %d, not 1; name another or remove it", kept.Version)
	}
	for _, c := range kept.Contacts {
		s.insert(c)
	}
	s.written = seen
	return nil
}

var errAnothers = errors.New("another Simulation has written it; let each have a file of its own")

// isOurs reports whether the file is as this Simulation has left it, or gone.
func (s *state) isOurs() bool {
	now, err := os.Stat(s.file)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return s.written != nil && os.SameFile(s.written, now) && s.written.Size() == now.Size() && s.written.ModTime().Equal(now.ModTime())
}

// save writes the file. A process that is killed at any moment leaves the old
// one or the new one; nothing is promised for a machine that loses power.
func (s *state) save() error {
	if s.file == "" {
		return nil
	}
	kept := stateFile{Version: 1, Contacts: make([]Contact, 0, len(s.entries))}
	for _, e := range s.entries {
		kept.Contacts = append(kept.Contacts, e.Contact)
	}
	data, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode the contacts: %w", err)
	}
	if !s.isOurs() {
		return fmt.Errorf("write the file of contacts: %w", errAnothers)
	}
	if err := replaceFile(s.file, data); err != nil {
		return fmt.Errorf("write the file of contacts: %w", err)
	}
	s.written, err = os.Stat(s.file)
	return err
}

func replaceFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
