package contacts

import (
	"container/heap"
	"time"
)

// timeQueue orders persons by a time, so that those whose time has come are
// found without a look at the others.
type timeQueue struct {
	heap  timeHeap
	items map[Person]*timeItem
}

type timeItem struct {
	person Person
	at     time.Time
	index  int // in the heap
}

func newTimeQueue() timeQueue { return timeQueue{items: map[Person]*timeItem{}} }

func (q *timeQueue) len() int { return len(q.heap) }

// set says when the person's time comes; zero takes them out.
func (q *timeQueue) set(p Person, at time.Time) {
	item := q.items[p]
	switch {
	case item == nil && at.IsZero():
	case item == nil:
		item = &timeItem{person: p, at: at}
		q.items[p] = item
		heap.Push(&q.heap, item)
	case at.IsZero():
		heap.Remove(&q.heap, item.index)
		delete(q.items, p)
	case !item.at.Equal(at):
		item.at = at
		heap.Fix(&q.heap, item.index)
	}
}

// first returns up to limit persons whose time has come, the longest ago first.
// It takes them off the heap and puts them back: the work grows with limit, not
// with the number of rows.
func (q *timeQueue) first(limit int, now time.Time) []Person {
	var persons []Person
	var taken []*timeItem
	for len(persons) < limit && q.len() > 0 && !q.heap[0].at.After(now) {
		item := heap.Pop(&q.heap).(*timeItem)
		taken = append(taken, item)
		persons = append(persons, item.person)
	}
	for _, item := range taken {
		heap.Push(&q.heap, item)
	}
	return persons
}

// before counts the persons whose time has come. It looks at those, and at
// most at two others for each.
func (q *timeQueue) before(now time.Time) int {
	count := 0
	for open := []int{0}; len(open) > 0; {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		if i < q.len() && !q.heap[i].at.After(now) {
			count++
			open = append(open, 2*i+1, 2*i+2)
		}
	}
	return count
}

type timeHeap []*timeItem

func (h timeHeap) Len() int { return len(h) }

func (h timeHeap) Less(i, j int) bool {
	if order := h[i].at.Compare(h[j].at); order != 0 {
		return order < 0
	}
	return compareInScope(h[i].person, h[j].person) < 0
}

func (h timeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timeHeap) Push(x any) {
	item := x.(*timeItem)
	item.index = len(*h)
	*h = append(*h, item)
}

func (h *timeHeap) Pop() any {
	last := len(*h) - 1
	item := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return item
}
