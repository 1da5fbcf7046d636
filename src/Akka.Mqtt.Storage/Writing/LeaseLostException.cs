namespace Akka.Mqtt.Storage.Writing;

/// <summary>Another node of the cluster has ended the lease of this one: this process no longer writes.</summary>
internal sealed class LeaseLostException()
    : Exception("another node of the cluster has taken over the sessions of this node: it writes nothing until it is started again.");
