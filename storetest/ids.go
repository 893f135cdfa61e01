package storetest

import (
	"fmt"
	"strings"

	"github.com/maicontact/maicontact"
)

func idCases() []check {
	return []check{{"odd ids are apart", func(f *fixture) {
		long := strings.Repeat("x", 4096)
		ids := []string{
			"", " ", "1", " 1", "1 ", "01", "１", "1\n", "1\x00", "\x00", "1\x00 ",
			"ann", "Ann", "ANN", "an\u0144", "ann\u0301", "аnn", // the last begins with a Cyrillic letter
			"'", `"`, "`", `\`, "%", "%25", "%2525", "_", "a_b", "a%b", "~", "~0", "?1", "$1", ":x", "@x", "--", "; DROP TABLE x",
			"😀", "👩‍👩‍👧‍👦", "\u202e1", "\ufeff1", "\xff", "\xfe", "\xe6\xb8", "\xed\xa0\x80",
			"a:b", "a/b", "a|b", "a,b", "member:1", "null", "NULL", "true",
			long, long + "x", "y" + long[1:], long[:128], long[:129], strings.Repeat("測", 1365),
			"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-00000000000A", "00000000-0000-4000-8000-00000000000a",
		}
		rows := map[maicontact.Key]maicontact.Contact{}
		for i, id := range ids {
			key := f.key(id)
			if old, twice := rows[key]; twice {
				f.Errorf("%.20q has the key of revision %d", id, old.Revision)
			}
			row := f.must(f.store.Want(f.ctx(), key, wanted(profile(fmt.Sprint("p", i), "basic"), int64(i))))
			if row.Revision != int64(i) || row.Key != key {
				f.Errorf("%.20q met the row of revision %d", id, row.Revision)
			}
			rows[key] = row
		}
		for _, row := range rows {
			f.stored(row)
		}
		keys, err := f.store.Due(f.ctx(), f.namespace, f.inbox, len(ids)+1)
		if err != nil || len(keys) != len(ids) {
			f.Errorf("Due gives %d keys, %v; want %d", len(keys), err, len(ids))
		}
		for _, key := range keys {
			if _, known := rows[key]; !known {
				f.Errorf("Due made up the key %v", key)
			}
		}
	}}}
}
