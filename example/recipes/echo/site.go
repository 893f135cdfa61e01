// Package echo shows maicontact in a labstack/echo router.
package echo

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maicontact/maicontact"
	"github.com/maicontact/maicontact/example/recipes/internal/shop"
)

// New returns the site.
//
// Pitfall: the place of WrapMiddleware. With Echo.Use it sees every request
// that found a route or none; as middleware of a route or group it sees only
// theirs, and elsewhere ContactID returns ErrNoMiddleware. Take the context
// from c.Request(): WrapMiddleware replaces the request.
func New(mc *maicontact.Middleware) http.Handler {
	e := echo.New()
	e.Any("/webchat.js", echo.WrapHandler(mc.Script()))
	chat := e.Group("", echo.WrapMiddleware(mc.Handler))
	chat.GET("/", func(c echo.Context) error { return c.HTML(http.StatusOK, shop.Page) })
	chat.GET("/inside", asked)
	e.GET("/outside", asked)
	return e
}

func asked(c echo.Context) error {
	_, err := maicontact.ContactID(c.Request().Context())
	return c.JSON(http.StatusOK, err == nil)
}
