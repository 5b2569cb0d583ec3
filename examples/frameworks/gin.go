package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// withGin wraps handlers. Gin keeps what it finds in a path to itself: who needs it
// from Request.PathValue puts it there.
func withGin(h handlers) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true // As the others do; gin's default is 404.
	r.Use(gin.Recovery())
	group := r.Group("/webhooks")
	group.POST("/openloyalty", gin.WrapH(h.openloyalty))
	group.POST("/mambo/:event", func(c *gin.Context) {
		c.Request.SetPathValue("event", c.Param("event"))
		h.mambo.ServeHTTP(c.Writer, c.Request)
	})
	return r
}
