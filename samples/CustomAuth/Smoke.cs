using System.Net;
using System.Text;
using Akka.Mqtt.Server;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace CustomAuth;

/// <summary>Two tenants, by a client that is not ours, from logging in to losing their rights.</summary>
internal static class Smoke
{
    public static async Task<bool> RunAsync(MqttServer server, TokenAuthenticator tokens)
    {
        var port = ((IPEndPoint)server.Endpoints[0].Address).Port;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var stranger = new MqttClientFactory().CreateMqttClient();
        var refused = await TryConnectAsync(stranger, port, "acme", "guess", deadline.Token);
        Console.WriteLine($"a guess: {refused}");

        using var acme = new MqttClientFactory().CreateMqttClient();
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var gone = new TaskCompletionSource<MqttClientDisconnectReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        acme.ApplicationMessageReceivedAsync += message =>
        {
            var stamp = message.ApplicationMessage.UserProperties?.Find(each => each.Name == "publisher") is { } found
                ? Encoding.UTF8.GetString(found.ValueBuffer.Span)
                : null;
            received.TrySetResult($"{message.ApplicationMessage.Topic} {Encoding.UTF8.GetString(message.ApplicationMessage.Payload)} from {stamp}");
            return Task.CompletedTask;
        };
        acme.DisconnectedAsync += end =>
        {
            gone.TrySetResult(end.Reason);
            return Task.CompletedTask;
        };
        var accepted = await TryConnectAsync(acme, port, "acme", "acme-token", deadline.Token);
        Console.WriteLine($"a tenant: {accepted}");
        await acme.SubscribeAsync("tenants/acme/#", MqttQualityOfServiceLevel.AtLeastOnce, deadline.Token);
        var foreign = await acme.PublishStringAsync("tenants/other/x", "?", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: deadline.Token);
        Console.WriteLine($"to another tenant: {foreign.ReasonCode}");
        await acme.PublishStringAsync("tenants/acme/x", "hello", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: deadline.Token);
        var text = await received.Task.WaitAsync(deadline.Token);
        Console.WriteLine($"to itself: {text}");

        tokens.Withdraw("acme");
        await server.ReloadSecurityAsync(deadline.Token);
        var reason = await gone.Task.WaitAsync(deadline.Token);
        Console.WriteLine($"its token withdrawn: {reason}");
        return refused == MqttClientConnectResultCode.BadUserNameOrPassword
            && accepted == MqttClientConnectResultCode.Success
            && foreign.ReasonCode == MqttClientPublishReasonCode.NotAuthorized
            && text == "tenants/acme/x hello from acme"
            && reason == MqttClientDisconnectReason.NotAuthorized;
    }

    private static async Task<MqttClientConnectResultCode> TryConnectAsync(
        IMqttClient client, int port, string tenant, string token, CancellationToken cancellation)
    {
        var options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId($"{tenant}-{Guid.NewGuid():N}").WithCredentials(tenant, token).Build();
        return (await client.ConnectAsync(options, cancellation)).ResultCode;
    }
}
