# What slow-subscriber.sh and steady.sh share: sourced by them, in the directory of the repository. One server of ours on core 0, the generator on core 1.

CLI=${CLI:-}                 # directory of a published akka-mqtt; default: published first
BASE_PORT=${BASE_PORT:-31883}
GENERATOR=${GENERATOR:-}     # another generator: a program with the options and the JSON of mqttload
SERVER_CORE=${SERVER_CORE:-0}
GENERATOR_CORE=${GENERATOR_CORE:-1}
ulimit -n "$(ulimit -Hn)"
work=$(mktemp -d)
server=
children=()

need() { # tools
    local tool
    for tool in "$@"; do
        command -v "$tool" > /dev/null || { echo "$(basename "$0"): $tool is not installed." >&2; exit 2; }
    done
}

finish() { # ends what the script started, by its id
    local child
    for child in "${children[@]}" $server; do
        kill -CONT "$child" 2> /dev/null || true
        kill "$child" 2> /dev/null || true
        wait "$child" 2> /dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

start_server() { # options of serve
    if [[ -z $CLI ]]; then
        echo "publishing" >&2
        CLI=$work/cli
        dotnet publish src/Akka.Mqtt.Cli -c Release -o "$CLI" -v quiet >&2
    fi
    taskset -c "$SERVER_CORE" "$CLI/akka-mqtt" serve --port "$BASE_PORT" "$@" > "$work/server.out" 2>&1 &
    server=$!
    for ((i = 0; i < 300; i++)); do
        ! grep -q ready "$work/server.out" || return 0
        kill -0 "$server" 2> /dev/null || break
        sleep 0.1
    done
    echo "$(basename "$0"): the server did not start: $(tail -n 1 "$work/server.out")" >&2
    exit 1
}

generate() { # options of `akka-mqtt bench`, its mode first: the line of JSON
    local mode=$1
    shift
    if [[ -z $GENERATOR ]]; then
        DOTNET_TieredCompilation=0 DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0 \
            taskset -c "$GENERATOR_CORE" "$CLI/akka-mqtt" bench "$mode" "$@" --pid "$server" "mqtt://127.0.0.1:$BASE_PORT" 2> "$work/bench.err" | tail -n 1
    else
        set -- "${@/#--seconds/--secs}"
        [[ $mode != pair || ! $* =~ --pubs\ ([0-9]+) ]] || set -- "$@" --subs "${BASH_REMATCH[1]}"
        taskset -c "$GENERATOR_CORE" "$GENERATOR" --mode "$mode" "$@" --port "$BASE_PORT" --pid "$server" 2> "$work/bench.err" | tail -n 1
    fi
}

field() { # JSON, names…: the value of the first one that is there
    local json=$1 name
    shift
    for name in "$@"; do
        if [[ $json =~ \"$name\":(-?[0-9.]+) ]]; then echo "${BASH_REMATCH[1]}"; return; fi
    done
}

sys() { # the value of a topic below $SYS/broker/
    taskset -c "$GENERATOR_CORE" mosquitto_sub -p "$BASE_PORT" -t "\$SYS/broker/$1" -C 1 -W 5 2> /dev/null || echo 0
}

resident_mb() { awk '/^VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$server/status"; }

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }
