using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Stores;

/// <summary>A retained message as it is kept.</summary>
/// <param name="Packet">The message, RETAIN set.</param>
/// <param name="ReceivedAt">When the server received it, in milliseconds since the Unix epoch.</param>
/// <param name="Publisher">The client identifier of its publisher, for No Local.</param>
/// <param name="User">The user name of its publisher, where its rights are checked; or null.</param>
/// <param name="Listener">The listener by which its publisher came, where its rights are checked; or null.</param>
internal sealed record RetainedRecord(Publish Packet, long ReceivedAt, string Publisher, string? User = null, string? Listener = null);
