// Appends numbered values through go-redis' Sentinel client and writes down what it was told about each, as LoadClient does; ends with its input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	timeout = 300 * time.Millisecond
	keys    = 4
)

var (
	start = time.Now()
	runID = regexp.MustCompile(`(?m)^run_id:(\w+)`)
)

type event struct {
	At     int64  `json:"t_ns"`
	Client string `json:"client"`
	Side   string `json:"side"`
	Op     string `json:"op"`
	Key    string `json:"key"`
	Value  int64  `json:"value"`
	Phase  string `json:"phase"`
	Acks   int    `json:"acks"`
	Error  string `json:"error"`
}

// silent: each write says what became of it.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func main() {
	out := flag.String("out", "", "")
	prefix := flag.String("prefix", "", "")
	sentinels := flag.String("sentinels", "", "")
	master := flag.String("master", "", "")
	flag.Parse()
	password := os.Getenv("REDIS_PASSWORD")
	redis.SetLogger(silent{})
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName:       *master,
		SentinelAddrs:    strings.Split(*sentinels, ","),
		Password:         password,
		SentinelPassword: password,
		DialTimeout:      timeout,
		ReadTimeout:      timeout,
		WriteTimeout:     timeout,
		// A write that the library repeats by itself could be there twice: what failed is followed by the next number.
		MaxRetries: -1,
	})
	file, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewWriter(file)
	encoder := json.NewEncoder(lines)

	var stopped atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stopped.Store(true)
	}()
	acknowledged := 0
	for value := int64(1); !stopped.Load(); value++ {
		key := fmt.Sprintf("%s:%d", *prefix, value%keys)
		record := func(side, phase, words string) {
			if err := encoder.Encode(event{time.Since(start).Nanoseconds(), "d0-go-redis", side, "append", key, value, phase, -1, words}); err != nil {
				log.Fatal(err)
			}
		}
		record("", "invoke", "")
		side, phase, words := write(client, key, value)
		record(side, phase, words)
		if phase == "ok" {
			if acknowledged++; acknowledged == 3 {
				fmt.Println("flowing")
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := errors.Join(lines.Flush(), file.Close()); err != nil {
		log.Fatal(err)
	}
}

// write returns the server that did it, the phase, and the error.
func write(client *redis.Client, key string, value int64) (string, string, string) {
	var info *redis.StringCmd
	_, err := client.TxPipelined(context.Background(), func(pipe redis.Pipeliner) error {
		pipe.RPush(context.Background(), key, value)
		pipe.SAdd(context.Background(), key+":set", value)
		info = pipe.Info(context.Background(), "server")
		return nil
	})
	var refused redis.Error
	switch {
	case err == nil:
		return runID.FindStringSubmatch(info.Val())[1], "ok", ""
	case errors.As(err, &refused):
		return "", "fail", err.Error()
	default:
		return "", "info", err.Error()
	}
}
