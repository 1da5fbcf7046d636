using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server;

/// <summary>Whether a server is alive and should get clients: what a load balancer asks. A snapshot of <see cref="MqttServer.Health"/>.</summary>
/// <param name="State">Where the server stands.</param>
/// <param name="Detail">What is missing or does not work, for people to read; null for nothing. Always set where <see cref="IsDegraded"/>.</param>
public sealed record MqttServerHealth(MqttServerState State, string? Detail)
{
    /// <summary>Whether the process may go on: always, unless the server has stopped, or its cluster has removed it. What restarts processes asks for this.</summary>
    public bool IsLive => State is not (MqttServerState.Stopped or MqttServerState.Removed);

    /// <summary>
    /// Whether the server should get clients: its listeners are open, it is not draining, and a node has joined its cluster. What distributes clients asks for
    /// this.
    /// </summary>
    public bool IsReady => State == MqttServerState.Ready;

    /// <summary>Whether the server is ready, but something does not work: memory runs short, or its storage fails.</summary>
    public bool IsDegraded => IsReady && Detail is not null;

    internal static MqttServerHealth Of(ServerContext context)
    {
        var life = context.Lifecycle;
        return life.Stopped.IsCancellationRequested ? new MqttServerHealth(MqttServerState.Stopped, "the server has stopped")
            : life.IsDraining ? new MqttServerHealth(MqttServerState.Draining, "draining")
            : context.Owners?.Removed is { IsCompleted: true } removed ? new MqttServerHealth(MqttServerState.Removed, removed.Result)
            : context.Owners?.NotReady is { } why ? new MqttServerHealth(MqttServerState.Starting, why)
            : new MqttServerHealth(MqttServerState.Ready, TroubleOf(context));
    }

    private static string? TroubleOf(ServerContext context) =>
        context.Engine?.Health == StorageHealth.Failing ? "the storage fails: durable messages are refused"
        : context.Watermark.Level >= LoadLevel.RefuseConnects ? "the server refuses clients: memory runs short"
        : null;
}
