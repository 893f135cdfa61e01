// Package databasetest holds tests of package sqlstore on real databases. They
// live in this module because they need drivers.
package databasetest
