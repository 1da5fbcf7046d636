using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit;

/// The usual first steps of tests: CONNECT and CONNACK from either side, and a subscription.
public sealed partial class MqttProbe
{
    /// <summary>Connects as a client: sends CONNECT and expects a CONNACK that accepts it.</summary>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="version">The protocol version. Default: 5.0.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The CONNACK.</returns>
    public Task<ConnAck> ConnectAsClientAsync(string clientId = "probe", MqttVersion version = MqttVersion.V5, TimeSpan? timeout = null) =>
        ConnectAsClientAsync(new Connect { ClientId = clientId, Version = version }, timeout);

    /// <summary>Connects as a client with a given CONNECT.</summary>
    /// <param name="connect">The CONNECT packet.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The accepting CONNACK.</returns>
    public async Task<ConnAck> ConnectAsClientAsync(Connect connect, TimeSpan? timeout = null)
    {
        await SendPacketAsync(connect).ConfigureAwait(false);
        return await ExpectPacketAsync<ConnAck>(static answer => answer.ReasonCode == ReasonCode.Success, timeout).ConfigureAwait(false);
    }

    /// <summary>Accepts a client as a server: expects CONNECT and answers it.</summary>
    /// <param name="answer">The answer; null for an accepting one.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The CONNECT.</returns>
    public async Task<Connect> AcceptClientAsync(ConnAck? answer = null, TimeSpan? timeout = null)
    {
        var connect = await ExpectPacketAsync<Connect>(timeout).ConfigureAwait(false);
        await SendPacketAsync(answer ?? new ConnAck()).ConfigureAwait(false);
        return connect;
    }

    /// <summary>Subscribes and expects that the subscription is granted.</summary>
    /// <param name="filter">The topic filter.</param>
    /// <param name="qos">The requested QoS. Default: 0.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The SUBACK.</returns>
    public async Task<SubAck> SubscribeAsync(string filter, QualityOfService qos = QualityOfService.AtMostOnce, TimeSpan? timeout = null)
    {
        var id = NextPacketId();
        await SendPacketAsync(new Subscribe(id, new Subscription(filter, qos))).ConfigureAwait(false);
        return await ExpectPacketAsync<SubAck>(
            answer => answer.PacketId == id && answer.ReasonCodes.Count == 1 && answer.ReasonCodes[0] <= ReasonCode.GrantedQoS2, timeout)
            .ConfigureAwait(false);
    }
}
