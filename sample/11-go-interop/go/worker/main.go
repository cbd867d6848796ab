// A Go-Broker worker: it handles what the Node service sends to its stream.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os/signal"
	"syscall"
	"time"

	"github.com/mrjvadi/go-broker/broker"
	"github.com/redis/go-redis/v9"
)

type mail struct {
	To string `json:"to"`
}

type query struct {
	ID int `json:"id"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
	app := broker.New(rdb, "shop_users", "users", broker.WithMaxJobs(10))

	users := app.Group("users")
	users.OnTask("mail", func(c *broker.Context) error {
		var m mail
		if err := c.Bind(&m); err != nil {
			return err
		}
		log.Printf("mail to %s", m.To)
		return nil
	})
	users.OnRequest("GET_INFO", func(c *broker.Context) ([]byte, error) {
		var q query
		if err := c.Bind(&q); err != nil {
			return nil, err
		}
		return json.Marshal(map[string]any{"id": q.ID, "email": fmt.Sprintf("user%d@example.com", q.ID)})
	})

	// An event handler that is registered before Run makes Run wait for itself: register it when it runs.
	go func() {
		time.Sleep(time.Second)
		app.OnEvent("users.changed", func(c *broker.Context) error {
			log.Print("a user has changed")
			return nil
		})
	}()
	app.Run(ctx)
}
