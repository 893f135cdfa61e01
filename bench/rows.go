package main

// rows is everything that is measured, in the order of the targets, and then how
// cost grows.
func rows() []row {
	return []row{
		machineRow(),
		pageRow(),
		knownRow("visitor"), knownRow("member"),
		otherStoresRow(),
		peersRow(),
		renderingRow(),
		entryGoneRow(),
		rowInStoreRow("SQLite", newSQLiteTable), rowInStoreRow("PostgreSQL", newPostgresTable),
		throughputRow(),
		legsRow(),
		crowdRow(),
		returningRow(),
		memoryRow(),
		drainRow(),
		membersRow(), cookiesRow(), coresRow(),
	}
}
