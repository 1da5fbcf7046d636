namespace Akka.Mqtt;

/// <summary>The in-memory listeners of one actor system, by name. Thread-safe.</summary>
internal sealed class InMemoryNetwork;
