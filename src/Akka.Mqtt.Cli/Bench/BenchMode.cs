namespace Akka.Mqtt.Cli.Bench;

/// <summary>Who sends to whom.</summary>
internal enum BenchMode
{
    /// <summary>Publisher i to subscriber i.</summary>
    Pair,

    /// <summary>Every publisher to every subscriber, by one topic.</summary>
    Fanout,

    /// <summary>Every publisher to every subscriber, each publisher by a topic of its own, the subscribers by a wildcard.</summary>
    Fanin,

    /// <summary>Publishers only: what the server takes, not what it delivers.</summary>
    Ingest,

    /// <summary>Connections that do nothing.</summary>
    Idle,
}
