package render

import (
	"cmp"

	"github.com/maicontact/maicontact/webchat"
)

// Button is how the browser draws the button of a chat that was not opened yet;
// see the Button of the root package.
type Button struct {
	Hidden                 bool
	Label, Opening, Failed string
}

// openOptions are what the loader needs to draw the button.
type openOptions struct {
	Embed   string `json:"embed"` // to be fetched beside the answer, once somebody opens the chat
	Color   string `json:"color,omitempty"`
	Size    string `json:"size,omitempty"`
	Radius  string `json:"radius,omitempty"`
	Label   string `json:"label,omitempty"`
	Opening string `json:"opening,omitempty"`
	Failed  string `json:"failed,omitempty"`
	Button  *bool  `json:"button,omitempty"` // false: the page draws its own
}

// openOptions returns the button of an answer; nil: there is none.
func (r *Renderer) openOptions(a Answer) *openOptions {
	if !a.Closed {
		return nil
	}
	more := webchat.Options{}
	if a.Options != nil {
		more = *a.Options
	}
	o := &openOptions{
		Embed: r.embed,
		Color: cmp.Or(more.PrimaryColor, r.style.PrimaryColor), Size: cmp.Or(more.ButtonSize, r.style.ButtonSize), Radius: cmp.Or(more.ButtonRadius, r.style.ButtonRadius),
		Label: r.button.Label, Opening: r.button.Opening, Failed: r.button.Failed,
	}
	if r.button.Hidden {
		o.Button = new(bool)
	}
	return o
}
