namespace Akka.Mqtt.Cli.Bench;

/// <summary>The pattern of publishers and subscribers.</summary>
internal enum BenchMode
{
    /// <summary>Publisher i to subscriber i.</summary>
    Pair,

    /// <summary>Every publisher to every subscriber, with one topic.</summary>
    Fanout,

    /// <summary>Every publisher to every subscriber: each publisher has its own topic, and the subscribers use a wildcard.</summary>
    Fanin,

    /// <summary>Publishers only: measures what the server receives, not what it delivers.</summary>
    Ingest,

    /// <summary>Idle connections.</summary>
    Idle,
}
