package accesstest

import (
	"net/http"
	"time"

	"github.com/maicontact/maicontact/webchat/webchattest"
)

// behaviour is one way in which a MaiAgent may behave.
type behaviour struct {
	name string
	set  func(*webchattest.Options)

	ignores bool // an update leaves the access as it is, whatever is sent
	denies  bool // "none" as null is not taken, or changes nothing
	hides   bool // no reply tells the access
	lists   bool // what was deleted is still listed
	loses   bool // writes are answered late, or never
}

var behaviours = []behaviour{
	{name: "as documented", set: func(*webchattest.Options) {}},
	{name: "PUT keeps what is left out", set: func(o *webchattest.Options) { o.Switches.PutKeepsOmitted = true }},
	{name: "refuses PUT", set: func(o *webchattest.Options) { o.Switches.RefusePut = true }},
	{name: "refuses null texts", set: func(o *webchattest.Options) {
		o.Switches.RefuseNull = append(o.Switches.RefuseNull, "email", "phoneNumber", "avatar")
	}},
	{name: "refuses null access", denies: true, set: func(o *webchattest.Options) {
		o.Switches.RefuseNull = append(o.Switches.RefuseNull, "queryMetadata")
	}},
	{name: "null access changes nothing", denies: true, set: func(o *webchattest.Options) { o.Switches.IgnoreNullAccess = true }},
	{name: "updates of access change nothing", ignores: true, set: func(o *webchattest.Options) { o.Switches.IgnoreAccess = true }},
	{name: "refuses avatars", set: func(o *webchattest.Options) { o.Switches.RefuseFields = append(o.Switches.RefuseFields, "avatar") }},
	{name: "adds keys", set: func(o *webchattest.Options) { o.Switches.AddsKeys = true }},
	{name: "answers the id alone, or a message", set: func(o *webchattest.Options) { o.Switches.BareReplies = true }},
	{name: "answers in snake_case", set: func(o *webchattest.Options) { o.Switches.SnakeReplies = true }},
	{name: "hides access", hides: true, set: func(o *webchattest.Options) { o.Switches.HideAccess = true }},
	{name: "answers the access of before", set: func(o *webchattest.Options) { o.Switches.OldAccessInReply = true }},
	{name: "ids without dashes", set: func(o *webchattest.Options) { o.Switches.UndashedIDs = true }},
	{name: "folds case", set: func(o *webchattest.Options) { o.Switches.FoldCase = true }},
	{name: "searches by words", set: func(o *webchattest.Options) { o.Switches.WordSearch = true }},
	{name: "pages by offset", set: func(o *webchattest.Options) { o.Switches.OffsetPages, o.PageSize = true, 1 }},
	{name: "refuses page sizes", set: func(o *webchattest.Options) { o.Switches.RefusePageSize = true }},
	{name: "lists what was deleted", lists: true, set: func(o *webchattest.Options) { o.Switches.DeletedButListed = true }},
	{name: "source ids are not unique", set: func(o *webchattest.Options) { o.AllowDuplicateSourceIDs = true }},
	{name: "searches late", set: func(o *webchattest.Options) { o.SearchLag = 100 * time.Millisecond }},
	{name: "conflicts are 409", set: func(o *webchattest.Options) { o.ConflictStatus = http.StatusConflict }},
	{name: "conflicts are 500", set: func(o *webchattest.Options) { o.ConflictStatus = http.StatusInternalServerError }},
	{name: "writes land late", loses: true, set: func(*webchattest.Options) {}},
}

// both is two behaviours at once.
func both(a, b behaviour) behaviour {
	return behaviour{
		name: a.name + ", " + b.name, set: func(o *webchattest.Options) { a.set(o); b.set(o) },
		ignores: a.ignores || b.ignores, denies: a.denies || b.denies, hides: a.hides || b.hides,
		lists: a.lists || b.lists, loses: a.loses || b.loses,
	}
}

// isBlind reports whether MaiAgent does something else than it was told, and
// shows it to nobody.
func (b behaviour) isBlind() bool { return b.hides && (b.ignores || b.denies) }
