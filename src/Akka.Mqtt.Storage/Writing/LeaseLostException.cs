namespace Akka.Mqtt.Storage.Writing;

/// <summary>Another node of the cluster has taken the lease of this one away: this process writes nothing any more.</summary>
internal sealed class LeaseLostException()
    : Exception("another node of the cluster has taken over what this node had: it writes nothing any more until it is started again.");
