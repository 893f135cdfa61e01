package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"

	"github.com/gorilla/securecookie"
)

var (
	// ErrLate: the store gave no answer in time.
	ErrLate = errors.New("the session store gave no answer in time")

	errBody         = errors.New("a session store must not write a body")
	errTooManyCalls = fmt.Errorf("%w, and too many wait for it already", ErrLate)
)

// maxCalls bounds the calls that wait for a store, those given up included.
const maxCalls = 4096

// call runs work on the store. It waits no longer than the context lasts, and no
// longer than Options.Wait for all calls of one request together. Work that ends
// later is dropped, so it must share nothing with the caller. A cookie store never
// blocks, and needs no goroutine.
func call[T any](ctx context.Context, s *Sessions, o *Opened, work func() (T, error)) (T, error) {
	if s.cookies != nil {
		return contained(work)
	}
	type outcome struct {
		result T
		err    error
	}
	var none T
	if s.options.Wait > 0 {
		left := s.options.Wait - o.waited
		if left <= 0 {
			return none, ErrLate // nobody waits for a second call
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, left)
		defer cancel()
		began := time.Now()
		defer func() { o.waited += time.Since(began) }() // not what the page takes in between
	}
	if s.calls.Add(1) > maxCalls {
		s.calls.Add(-1)
		return none, errTooManyCalls
	}
	done := make(chan outcome, 1)
	go func() {
		defer s.calls.Add(-1)
		growStack(0)
		result, err := contained(work)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", ErrLate, context.Cause(ctx))
	}
}

// growStack grows the stack of a new goroutine to what decoding a session needs,
// while it is still empty. Growing it step by step, with a copy each time, takes half
// as long as the decoding itself.
//
//go:noinline
func growStack(i int) byte {
	var room [callStack]byte // the unknown index keeps the compiler from removing it
	return room[i]
}

// callStack is what gob needs, and some more for the store.
const callStack = 12 << 10

// contained turns a panic into an error. The value of a panic in somebody else's code
// may hold anything, so the error has only its type.
func contained[T any](work func() (T, error)) (result T, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case runtime.Error:
			err = fmt.Errorf("the session store panicked: %w", p)
		default:
			err = fmt.Errorf("the session store panicked with a %T", p)
		}
	}()
	return work()
}

// isStoreFailure reports whether the store failed, rather than having no session.
func isStoreFailure(err error) bool {
	if cookie, ok := errors.AsType[securecookie.Error](err); ok && cookie.IsDecode() {
		return false
	}
	return err != nil && !errors.Is(err, fs.ErrNotExist)
}

// withoutPath takes the file name from an error of a file store: it holds the
// session id.
func withoutPath(err error) error {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", file.Op, file.Err)
	}
	return err
}
