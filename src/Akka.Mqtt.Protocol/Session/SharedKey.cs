namespace Akka.Mqtt.Protocol.Session;

/// <summary>
/// The name and the filter of a shared subscription. A message refers to it, to identify the group through which it arrived.
/// </summary>
/// <param name="Name">The name of the group.</param>
/// <param name="Filter">The topic filter that the group subscribes to.</param>
internal sealed record SharedKey(string Name, string Filter);
