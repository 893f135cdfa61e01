package contacts

import (
	"container/list"
	"time"
)

// stampList keeps who lost trust and when, the newest last, so that what has
// changed is found without a look at what has not.
type stampList struct {
	list     *list.List // of stampItem
	elements map[Person]*list.Element
}

type stampItem struct {
	change Change
	at     time.Time
}

func newStampList() stampList {
	return stampList{list: list.New(), elements: map[Person]*list.Element{}}
}

// set stamps the person's trust with the time, which is no earlier than any
// before.
func (l *stampList) set(p Person, trust int64, at time.Time) {
	l.remove(p)
	l.elements[p] = l.list.PushBack(stampItem{Change{Person: p, Trust: trust}, at})
}

func (l *stampList) remove(p Person) {
	if element, ok := l.elements[p]; ok {
		l.list.Remove(element)
		delete(l.elements, p)
	}
}

// since returns up to limit of the changes since that time, the newest first,
// and whether there are more.
func (l *stampList) since(since time.Time, limit int) (changes []Change, more bool) {
	for element := l.list.Back(); element != nil; element = element.Prev() {
		item := element.Value.(stampItem)
		switch {
		case item.at.Before(since):
			return changes, false
		case len(changes) >= limit:
			return changes, true
		}
		changes = append(changes, item.change)
	}
	return changes, false
}
