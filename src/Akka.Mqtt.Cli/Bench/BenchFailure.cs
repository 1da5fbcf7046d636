namespace Akka.Mqtt.Cli.Bench;

/// <summary>The run cannot continue; the message is for people.</summary>
internal sealed class BenchFailure(string message) : Exception(message);
