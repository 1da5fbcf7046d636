using System.Net;

namespace Akka.Mqtt.Server;

/// <summary>A ban by an administrator: of a client identifier or an address.</summary>
/// <param name="ClientId">The client identifier; null when an address is banned.</param>
/// <param name="Address">The address; null when a client identifier is banned.</param>
/// <param name="Until">When the ban ends; null for never.</param>
public sealed record MqttServerBan(string? ClientId, IPAddress? Address, DateTimeOffset? Until);
