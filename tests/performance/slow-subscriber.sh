#!/usr/bin/env bash
# Fast subscribers with and without slow ones among them: the slow ones have the same subscription and read nothing (stopped processes). The fast ones
# must keep rate and latency, the memory of the server must stay bounded, and what the slow ones do not get must be counted. Writes a Markdown table to
# stdout. Needs the .NET SDK, mosquitto_sub and Linux with two cores.
#
#   tests/performance/slow-subscriber.sh > table.md
#
# Environment, beside that of lib.sh (CLI, BASE_PORT, GENERATOR …):
#   FAST=10 SLOW=5            subscribers
#   QOS=0                     of messages and subscriptions
#   RATE=5000                 messages a second for the latency; each goes to every subscriber
#   SECONDS_PER_RUN=10
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/performance/lib.sh
FAST=${FAST:-10}
SLOW=${SLOW:-5}
QOS=${QOS:-0}
RATE=${RATE:-5000}
SECONDS_PER_RUN=${SECONDS_PER_RUN:-10}
need dotnet taskset mosquitto_sub

most=0
watch_memory() { # while a process runs
    most=0
    while kill -0 "$1" 2> /dev/null; do
        local now
        now=$(resident_mb)
        ((now <= most)) || most=$now
        sleep 0.2
    done
    wait "$1" || true
}

row() { # name
    local before closed open memory dropped
    echo "$1" >&2
    before=$(sys publish/messages/dropped)
    generate fanout --subs "$FAST" --qos "$QOS" --window 500 --warmup 1 --seconds "$SECONDS_PER_RUN" > "$work/closed.json" &
    watch_memory $!
    memory=$most
    generate fanout --subs "$FAST" --qos "$QOS" --rate "$RATE" --warmup 1 --seconds "$SECONDS_PER_RUN" > "$work/open.json" &
    watch_memory $!
    ((memory >= most)) || memory=$most
    sleep 1.2 # until the server has published its counters
    dropped=$(($(sys publish/messages/dropped) - before))
    closed=$(< "$work/closed.json")
    open=$(< "$work/open.json")
    echo "| $1 | $(field "$closed" received_per_s delivered_per_s) | $(field "$closed" server_cpu_us_per_message broker_cpu_us_per_msg) |" \
        "$(field "$open" received_per_s delivered_per_s) | $(field "$open" p50) / $(field "$open" p99) | $memory | $dropped |"
}

start_server --set sys-interval=1s
echo "warming up" >&2
generate fanout --subs "$FAST" --qos "$QOS" --window 500 --warmup 0 --seconds 5 > /dev/null

echo "$FAST subscribers, $SLOW slow ones, QoS $QOS, 64 bytes; messages a second that the fast ones got:"
echo
echo "| | closed loop, messages/s | CPU µs a message | open loop, messages/s | p50 / p99 µs | most resident MiB | dropped |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
row "without slow ones"
for ((each = 0; each < SLOW; each++)); do
    taskset -c "$GENERATOR_CORE" stdbuf -oL mosquitto_sub -d -q "$QOS" -p "$BASE_PORT" -i "slow-$each" -t 'load/#' > "$work/slow.$each" 2>&1 &
    children+=($!)
    until grep -q Subscribed "$work/slow.$each"; do sleep 0.1; done
    kill -STOP $!
done
row "beside $SLOW that read nothing"
echo "slow clients that are still connected: $(($(sys clients/connected) - 1)) of $SLOW" >&2
for each in "${children[@]}"; do
    kill -CONT "$each" 2> /dev/null || true
    kill "$each" 2> /dev/null || true
    wait "$each" 2> /dev/null || true
done
children=()
row "after they have gone"
