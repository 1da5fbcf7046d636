using System.Net;

namespace Akka.Mqtt.Server;

/// <summary>A client that an administrator does not want: a client identifier or an address.</summary>
/// <param name="ClientId">The client identifier; null when an address is banned.</param>
/// <param name="Address">The address; null when a client identifier is banned.</param>
/// <param name="Until">When the ban ends; null when it has no end.</param>
public sealed record MqttServerBan(string? ClientId, IPAddress? Address, DateTimeOffset? Until);
