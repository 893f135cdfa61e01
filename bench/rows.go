package main

import "slices"

// rows is everything that is measured, in the order of the table.
func rows() []row {
	return slices.Concat(
		handlerRows(),
		lookupRows(),
		[]row{legsRow(), crowdRow(), drainRow(), memoryRow()},
	)
}
