// A Go-Broker client whose messages the Node service handles.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/mrjvadi/go-broker/broker"
	"github.com/redis/go-redis/v9"
)

func main() {
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
	app := broker.New(rdb, "shop_orders", "orders")

	order := map[string]any{"id": "ORD-1", "cents": 1999}
	if _, err := app.Enqueue(ctx, "orders.create", order); err != nil {
		log.Fatal(err)
	}
	if err := app.Publish(ctx, "orders.login", map[string]string{"username": "Bob"}); err != nil {
		log.Fatal(err)
	}
	total, err := app.Request(ctx, "orders.total", nil, 5*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("total: %s\n", total)
	total, err = app.RequestFast(ctx, "orders.total", nil, 5*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("total: %s\n", total)
}
