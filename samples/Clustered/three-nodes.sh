#!/usr/bin/env bash
# Three nodes of a cluster on this machine, for clients at ports 1883, 1884 and 1885, with /ready at 9464, 9465 and 9466. Ctrl-C stops them one after another.
#   samples/Clustered/three-nodes.sh [more options of akka-mqtt serve]
# AKKA_MQTT is the command, by default akka-mqtt; PORT, CLUSTER_PORT and HTTP_PORT are the first ports.
set -euo pipefail
read -ra akka_mqtt <<< "${AKKA_MQTT:-akka-mqtt}"
port=${PORT:-1883} cluster=${CLUSTER_PORT:-4053} http=${HTTP_PORT:-9464}

pids=()
stop() {
    trap - INT TERM
    for pid in "${pids[@]}"; do
        kill -TERM "$pid" 2> /dev/null && wait "$pid" || true # it gives its sessions to those that are left
    done
}
trap stop INT TERM EXIT

for node in 0 1 2; do
    "${akka_mqtt[@]}" serve --port $((port + node)) --metrics-port $((http + node)) --cluster-port $((cluster + node)) \
        --seed 127.0.0.1:"$cluster" --seed 127.0.0.1:$((cluster + 1)) --seed 127.0.0.1:$((cluster + 2)) "$@" &
    pids+=($!)
done
wait
