using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Stores;

/// <summary>A retained message in the storage.</summary>
/// <param name="Packet">The message, with RETAIN set.</param>
/// <param name="ReceivedAt">When the server received it, in milliseconds since the Unix epoch.</param>
/// <param name="Publisher">The client identifier of its publisher, for No Local.</param>
/// <param name="User">The user name of its publisher, if its rights are checked; else null.</param>
/// <param name="Listener">The listener that accepted its publisher, if its rights are checked; else null.</param>
internal sealed record RetainedRecord(Publish Packet, long ReceivedAt, string Publisher, string? User = null, string? Listener = null);
