// Package gin shows maicontact around a gin-gonic/gin engine.
package gin

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
)

// New returns the site.
//
// Pitfall: gin's middleware is no func(http.Handler) http.Handler. Wrap the
// whole engine instead of an adapter in Use: then c.Request carries our
// context, also for pages gin itself answers. Hand c.Request.Context() on, not
// c: a gin.Context does not carry the request's values unless
// ContextWithFallback is set, and it is used again for another request after
// the handler has returned.
func New(mc *maicontact.Middleware) (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	// Only what a proxy of ours says about the client is believed.
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	engine.Any("/webchat.js", gin.WrapH(mc.Script()))
	engine.GET("/", func(c *gin.Context) {
		c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(shop.Page))
	})
	engine.GET("/context", func(c *gin.Context) {
		_, wrong := maicontact.ContactID(c)
		_, right := maicontact.ContactID(c.Request.Context())
		c.JSON(http.StatusOK, []bool{wrong == nil, right == nil})
	})
	return mc.Handler(engine), nil
}
