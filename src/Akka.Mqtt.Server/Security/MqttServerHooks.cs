using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// User code inside a server: <c>MqttServer.StartAsync(system, settings, new MqttServerHooks { ... })</c>. A hook that is null costs
/// nothing. An authenticator or authorizer given here decides alone, on every listener; the server then ignores the files of the
/// listeners.
/// </summary>
public sealed record MqttServerHooks
{
    /// <summary>Decides who may connect, instead of <c>allow-anonymous</c> and <c>password-file</c>. Default: null.</summary>
    public IAuthenticator? Authenticator { get; init; }

    /// <summary>Decides what clients may do, instead of <c>acl-file</c>. Default: null.</summary>
    public IAuthorizer? Authorizer { get; init; }

    /// <summary>Authentication methods of 5.0, beside SCRAM-SHA-256 where a listener has a <c>scram-file</c>. Default: none.</summary>
    public MqttList<IEnhancedAuthenticator> EnhancedAuthenticators { get; init; }

    /// <summary>Called for each CONNECT. Default: null.</summary>
    public IConnectInterceptor? ConnectInterceptor { get; init; }

    /// <summary>Called for each filter of each SUBSCRIBE. Default: null.</summary>
    public ISubscribeInterceptor? SubscribeInterceptor { get; init; }

    /// <summary>Called for each published message. Default: null.</summary>
    public IPublishInterceptor? PublishInterceptor { get; init; }

    /// <summary>Called for each message before it is sent to a subscriber. Default: null.</summary>
    public IDeliveryInterceptor? DeliveryInterceptor { get; init; }

    /// <summary>
    /// The storage of durable sessions and retained messages, which outlive the process. Default: null: they end with the process.
    /// </summary>
    public MqttServerStorage? Storage { get; init; }

    /// <summary>
    /// Makes the server a node of a cluster: see <see cref="MqttServerCluster"/>. Default: null: no cluster.
    /// </summary>
    public MqttServerCluster? Cluster { get; init; }

    /// <summary>
    /// The clock for message expiry, session expiry and will delay. Default: <see cref="TimeProvider.System"/>; use another one in tests.
    /// Keep Alive and the time-outs of connections use the scheduler of the actor system.
    /// </summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
