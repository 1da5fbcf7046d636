#!/usr/bin/env bash
# Starts three nodes on this machine, restarts them one by one while clients publish, and says what was lost. The exit code is 0 when nothing was.
#   samples/Clustered/rolling-restart.sh
# AKKA_MQTT is the command, by default akka-mqtt; PORT, CLUSTER_PORT and HTTP_PORT are the first ports. Three publishers send lines of QoS 2, each to a node; they connect again
# when their node is back. A session whose client is away gets all of them, wherever it is.
set -euo pipefail
read -ra akka_mqtt <<< "${AKKA_MQTT:-akka-mqtt}"
port=${PORT:-18830} cluster=${CLUSTER_PORT:-40530} http=${HTTP_PORT:-19464}

work=$(mktemp -d)
pids=()
feeders=()
publishers=()
end() {
    rm -f "$work/run"
    for pid in "${pids[@]}"; do
        kill -TERM "$pid" 2> /dev/null && wait "$pid" 2> /dev/null || true
    done
    rm -rf "$work"
}
trap end EXIT

start() {
    "${akka_mqtt[@]}" serve --port $((port + $1)) --metrics-port $((http + $1)) --cluster-port $((cluster + $1)) --seed 127.0.0.1:"$cluster" \
        --seed 127.0.0.1:$((cluster + 1)) --seed 127.0.0.1:$((cluster + 2)) --warm-up 0 --set drain-time=1s --set max-queued-messages=1000000 >> "$work/node$1" 2>&1 &
    pids[$1]=$!
}

ready() {
    for _ in $(seq 120); do
        if "${akka_mqtt[@]}" ping --ready "http://127.0.0.1:$((http + $1))" > /dev/null 2>&1; then
            return
        fi
        sleep 0.5
    done
    echo "node $1 is not ready:"
    cat "$work/node$1"
    exit 1
}

echo "starting three nodes"
for node in 0 1 2; do start $node; done
for node in 0 1 2; do ready $node; done
"${akka_mqtt[@]}" sub -V 5 -p "$port" -i away -c -x 3600 -q 2 -t 'load/#' -E

touch "$work/run"
for node in 0 1 2; do
    mkfifo "$work/lines$node"
    "${akka_mqtt[@]}" pub -V 5 -p $((port + node)) -i "publisher-$node" -c -x 3600 -q 2 -t "load/$node" -l < "$work/lines$node" 2> "$work/pub$node" &
    publishers+=($!)
    (
        line=0
        while [ -e "$work/run" ]; do
            line=$((line + 1))
            echo "$node $line"
            sleep 0.02
        done | tee "$work/sent$node" > "$work/lines$node"
    ) &
    feeders+=($!)
done

for node in 0 1 2; do
    "${akka_mqtt[@]}" sub -V 5 -p $((port + node)) -t "load/$node" -C 1 -W 60 > /dev/null # its publisher is connected
done
for node in 0 1 2; do
    sleep 2
    begun=$SECONDS
    kill -TERM "${pids[$node]}"
    wait "${pids[$node]}" || { echo "node $node ended with exit code $?:"; cat "$work/node$node"; exit 1; }
    stopped=$SECONDS
    start $node
    ready $node
    echo "node $node stopped in $((stopped - begun)) s and was ready again $((SECONDS - stopped)) s later"
done
sleep 2

rm "$work/run"
wait "${feeders[@]}"
failed=0
for node in 0 1 2; do
    wait "${publishers[$node]}" || { failed=$((failed + 1)); cat "$work/pub$node"; }
done
sort "$work"/sent? > "$work/sent"
total=$(wc -l < "$work/sent")
"${akka_mqtt[@]}" sub -V 5 -p $((port + 1)) -i away -c -x 3600 -q 2 -t 'load/#' -C "$total" -W 60 > "$work/got" || true
sort "$work/got" > "$work/received"
lost=$(sort -u "$work/received" | comm -23 "$work/sent" - | wc -l)
twice=$(uniq -d "$work/received" | wc -l)
echo "$total messages were published, $failed of 3 publishers failed, $lost messages were lost, $twice came twice"
[ "$failed$lost$twice" = 000 ]
