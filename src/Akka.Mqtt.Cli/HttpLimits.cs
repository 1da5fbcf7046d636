namespace Akka.Mqtt.Cli;

/// <summary>The limits of a port for HTTP against abuse.</summary>
/// <param name="Connections">Most connections at a time; further ones are closed.</param>
/// <param name="ConnectionsOfAddress">Most connections of one address that is not loopback.</param>
/// <param name="Body">Most bytes of the body of a request.</param>
internal sealed record HttpLimits(int Connections, int ConnectionsOfAddress, long Body);
