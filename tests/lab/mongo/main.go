// A server that speaks MongoDB's protocol, for tests: FerretDB over SQLite.
//
//	mongo-server ADDRESS:PORT FOLDER [SQLITE_OPTIONS]
//
// SQLITE_OPTIONS are those of the database's URI, as in _pragma=max_page_count(100).
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if len(os.Args) < 3 || len(os.Args) > 4 {
		log.Fatal("usage: mongo-server ADDRESS:PORT FOLDER [SQLITE_OPTIONS]")
	}
	uri := "file:" + os.Args[2] + "/"
	if len(os.Args) == 4 {
		uri += "?" + os.Args[3]
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: os.Args[1]},
		Handler:   "sqlite",
		SQLiteURL: uri,
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
