package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/maicontact/maicontact/webchat"
)

// call is one call to MaiAgent, as the page shows it. Like webchat.Call it
// holds no ids and no personal data.
type call struct {
	Ended time.Time
	webchat.Call
}

const keptCalls = 12

// callLog keeps the last calls to MaiAgent. Its zero value is empty. It is
// safe for concurrent use.
type callLog struct {
	mu    sync.Mutex
	calls []call // the newest last
}

// add is for webchat.Config.OnCall.
func (l *callLog) add(_ context.Context, c webchat.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) == keptCalls {
		l.calls = slices.Delete(l.calls, 0, 1)
	}
	l.calls = append(l.calls, call{time.Now(), c})
}

// newest returns the calls, the newest first.
func (l *callLog) newest() []call {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Clone(l.calls)
	slices.Reverse(list)
	return list
}
