package operate_test

import (
	"testing"

	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/operate"
	"github.com/maicontact/maicontact/webchat"
	"github.com/maicontact/maicontact/webchat/webchattest"
)

// shop is the scope of the tests' operators.
var shop = contacts.Scope{Namespace: "shop", InboxID: webchattest.DefaultInboxID}

// newOperator makes an operator of the store, and a MaiAgent of its own.
func newOperator(t *testing.T, store contacts.Store) (*operate.Operator, *webchat.Client, *webchattest.Server) {
	t.Helper()
	sim := webchattest.NewServer(webchattest.Options{})
	t.Cleanup(sim.Close)
	client, err := webchat.NewClient(webchat.Config{BaseURL: sim.BaseURL(), APIKey: webchattest.DefaultAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	operator, err := operate.New(operate.Options{Namespace: shop.Namespace, InboxID: shop.InboxID, Store: store, API: client, CallsPerSecond: -1})
	if err != nil {
		t.Fatal(err)
	}
	return operator, client, sim
}
