package maicontact

import (
	"cmp"
	"container/heap"
	"time"
)

// dueQueue orders the keys of one place by when they are due, so that due work
// is found without looking at every row. A nil queue is empty.
type dueQueue struct {
	heap  dueHeap
	items map[Key]*dueItem
}

type dueItem struct {
	key   Key
	at    time.Time
	index int // in the heap
}

func newDueQueue() *dueQueue {
	return &dueQueue{items: map[Key]*dueItem{}}
}

func (q *dueQueue) len() int {
	if q == nil {
		return 0
	}
	return len(q.heap)
}

// set says when the key is due; zero takes it out.
func (q *dueQueue) set(key Key, at time.Time) {
	item := q.items[key]
	switch {
	case item == nil && at.IsZero():
	case item == nil:
		item = &dueItem{key: key, at: at}
		q.items[key] = item
		heap.Push(&q.heap, item)
	case at.IsZero():
		heap.Remove(&q.heap, item.index)
		delete(q.items, key)
	default:
		item.at = at
		heap.Fix(&q.heap, item.index)
	}
}

// first returns up to limit keys that are due, the longest due first. It takes
// them off the heap and puts them back: the work grows with limit, not with
// the number of rows.
func (q *dueQueue) first(limit int, now time.Time) []Key {
	var keys []Key
	var taken []*dueItem
	for len(keys) < limit && q.len() > 0 && !q.heap[0].at.After(now) {
		item := heap.Pop(&q.heap).(*dueItem)
		taken = append(taken, item)
		keys = append(keys, item.key)
	}
	for _, item := range taken {
		heap.Push(&q.heap, item)
	}
	return keys
}

type dueHeap []*dueItem

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	return cmp.Or(h[i].at.Compare(h[j].at), cmp.Compare(h[i].key.Member, h[j].key.Member)) < 0
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *dueHeap) Push(x any) {
	item := x.(*dueItem)
	item.index = len(*h)
	*h = append(*h, item)
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	item := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return item
}
