package contacts

import (
	"context"
	"iter"
)

// rowsAtOnce is how many rows All reads at a time.
const rowsAtOnce = 500

// All yields the rows of a scope that come after that person, in the order of
// [Store].Rows; the zero Person is before all. It reads 500 rows at a time, so that
// rows that are put or deleted meanwhile may be missed. It ends with the first error.
func All(ctx context.Context, s Store, scope Scope, after Person) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			rows, err := s.Rows(ctx, scope, after, rowsAtOnce)
			if err != nil {
				yield(Row{}, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(rows) < rowsAtOnce {
				return
			}
			after = rows[len(rows)-1].Person
		}
	}
}
