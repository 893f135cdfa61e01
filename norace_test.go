//go:build !race

package maicontact_test

const raced = false
