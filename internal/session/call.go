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
	// ErrLate is that the store gave no answer in time.
	ErrLate = errors.New("the session store gave no answer in time")

	errBody    = errors.New("a session store must not write a body")
	errCrowded = fmt.Errorf("%w, and too many wait for it already", ErrLate)
)

// mostCalls bounds the calls that wait for a store, those given up included.
const mostCalls = 4096

// call has the store do something, for no longer than the context lasts, and than
// the options let all calls for one request wait. Work that ends later is dropped,
// so it must share nothing with the caller. A cookie store does not wait for
// anything, and needs no goroutine.
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
	if s.calls.Add(1) > mostCalls {
		s.calls.Add(-1)
		return none, errCrowded
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

// growStack gives a new goroutine the stack that decoding a session takes, while
// there is nothing on it. Growing it by and by, each time copying what is there,
// takes as long as half of the decoding.
//
//go:noinline
func growStack(i int) byte {
	var room [stackOfACall]byte // an index that is not known has it stay
	return room[i]
}

// stackOfACall is what gob takes, and something for the store.
const stackOfACall = 12 << 10

// contained turns a panic into an error. What somebody else's code panics with
// may hold anything, so that only its type is told.
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

// isTrouble tells a store that fails from a session that is not there.
func isTrouble(err error) bool {
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
