using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit;

/// <content>What most tests begin with: CONNECT and CONNACK from either side, and a subscription.</content>
public sealed partial class MqttProbe
{
    /// <summary>Plays the client's part of the beginning: sends CONNECT and expects a CONNACK that accepts it.</summary>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="version">The protocol version. Default: 5.0.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The CONNACK.</returns>
    public Task<ConnAck> ConnectAsClientAsync(string clientId = "probe", MqttVersion version = MqttVersion.V5, TimeSpan? timeout = null) =>
        ConnectAsClientAsync(new Connect { ClientId = clientId, Version = version }, timeout);

    /// <summary>Plays the client's part of the beginning with a CONNECT of your own.</summary>
    /// <param name="connect">The CONNECT packet.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The CONNACK, which accepts.</returns>
    public async Task<ConnAck> ConnectAsClientAsync(Connect connect, TimeSpan? timeout = null)
    {
        await SendPacketAsync(connect).ConfigureAwait(false);
        return await ExpectPacketAsync<ConnAck>(static answer => answer.ReasonCode == ReasonCode.Success, timeout).ConfigureAwait(false);
    }

    /// <summary>Plays the server's part of the beginning: expects CONNECT and answers it.</summary>
    /// <param name="answer">The answer; null accepts.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The CONNECT.</returns>
    public async Task<Connect> AcceptClientAsync(ConnAck? answer = null, TimeSpan? timeout = null)
    {
        var connect = await ExpectPacketAsync<Connect>(timeout).ConfigureAwait(false);
        await SendPacketAsync(answer ?? new ConnAck()).ConfigureAwait(false);
        return connect;
    }

    /// <summary>Subscribes and expects that it is granted.</summary>
    /// <param name="filter">The topic filter.</param>
    /// <param name="qos">The QoS to ask for. Default: 0.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
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
