using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>Base of the specs with a client as an actor, and a server that does what the test says.</summary>
public abstract class ScriptedServer : global::Akka.TestKit.Xunit2.TestKit
{
    protected ScriptedServer(ITestOutputHelper output)
        : base(TestSystem.Configured("akka { loglevel = INFO, mqtt.connection.close-timeout = 200ms }"), null, output) // the scripted server does not close
    {
        Server = this.CreateMqttServerProbe();
        Handler = CreateTestProbe("handler");
        Commander = CreateTestProbe("sender");
    }

    /// <summary>The server.</summary>
    protected MqttServerProbe Server { get; }

    /// <summary>Receives messages and changes of state.</summary>
    protected TestProbe Handler { get; }

    /// <summary>Sends commands, and receives their outcomes.</summary>
    protected TestProbe Commander { get; }

    /// <summary>Settings of a client that sends no pings.</summary>
    protected virtual MqttClientSettings Settings => MqttClientSettings.Create((Config?)null) with
    {
        Servers = [new Uri($"mqtt://{Server.EndPoint}")], ClientId = "client", AnswerTimeout = TimeSpan.FromSeconds(30), KeepAlive = TimeSpan.Zero,
        TopicAliases = 0,
    };

    /// <summary>Starts a client. Its random source always gives 0: no waiting, unless a reason asks for it.</summary>
    protected IActorRef Start(MqttClientSettings settings) => Sys.ActorOf(MqttClient.Props(settings, Handler, () => 0));

    /// <summary>Accepts the client.</summary>
    protected Task<MqttProbe> AcceptAsync(bool sessionPresent = false) => AcceptAsync(null, sessionPresent);

    /// <summary>Accepts the client, with properties.</summary>
    protected async Task<MqttProbe> AcceptAsync(ConnAckProperties? properties, bool sessionPresent = false)
    {
        var server = await Server.AcceptAsync();
        await server.AcceptClientAsync(new ConnAck(ReasonCode.Success, sessionPresent) { Properties = properties });
        await Handler.FishForMessageAsync<MqttClient.Connected>(_ => true);
        return server;
    }
}
