namespace Akka.Mqtt.Cli;

/// <summary>What strangers can hold of a port for HTTP.</summary>
/// <param name="Connections">Most connections at a time; those beyond it are closed.</param>
/// <param name="ConnectionsOfAddress">Most connections of one address that is not loopback.</param>
/// <param name="Body">Most bytes of the body of a request.</param>
internal sealed record HttpLimits(int Connections, int ConnectionsOfAddress, long Body);
