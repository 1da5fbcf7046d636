using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.TestKit;
using Recipes;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Docs;

/// <summary>The programs of docs/properties.md and docs/tls.md do what the pages say.</summary>
public sealed class RecipesSpec(ITestOutputHelper output) : MqttSpec(output)
{
    [Fact]
    public async Task A_requester_gets_the_answer_of_a_responder()
    {
        var (asking, atServer) = await DialAsync("requests");
        var (answering, atOther) = await DialAsync("responses");
        var requester = Sys.ActorOf(Props.Create(() => new Requester(asking, "replies/1")));
        Sys.ActorOf(Props.Create(() => new Responder(answering, "questions", text => text + "!")).WithDeploy(Deploy.Local)); // a function does not travel
        await SubscribedAsync(atServer, "replies/1");
        await SubscribedAsync(atOther, "questions");

        requester.Tell(new Question("questions", "hello"), TestActor);
        var request = await atServer.Server.ExpectMsgAsync<Publish>(Soon);
        Assert.Equal(("replies/1", 5u), (request.Properties!.ResponseTopic, request.Properties.MessageExpiryInterval));
        atOther.Tell(request);
        atServer.Tell(await atOther.Server.ExpectMsgAsync<Publish>(Soon));

        Assert.Equal("hello!", (await ExpectMsgAsync<Publish>(Soon)).Payload.ToText());
    }

    [Fact]
    public async Task A_paced_publisher_keeps_to_the_receive_maximum_and_the_aliases_of_the_server()
    {
        var (connection, server) = await DialAsync("paced");
        var publisher = Sys.ActorOf(Props.Create(() => new PacedPublisher(connection)));
        foreach (var text in (string[])["1", "2", "3"])
            publisher.Tell(new Publish("t", text), TestActor);
        publisher.Tell(new Publish("other", "4"), TestActor);
        await server.Server.ExpectMsgAsync<Connect>(Soon);
        server.Tell(new ConnAck { Properties = new ConnAckProperties { ReceiveMaximum = 2, TopicAliasMaximum = 1 } });

        var first = await server.Server.ExpectMsgAsync<Publish>(Soon);
        var second = await server.Server.ExpectMsgAsync<Publish>(Soon);
        Assert.Equal(("t", (ushort?)1, "1"), (first.Topic, first.Properties!.TopicAlias, first.Payload.ToText()));
        Assert.Equal(("", (ushort?)1, "2"), (second.Topic, second.Properties!.TopicAlias, second.Payload.ToText()));
        await server.Server.ExpectNoMsgAsync(Quiet); // two are under way

        server.Tell(new PubAck(first.PacketId, ReasonCode.NoMatchingSubscribers));
        Assert.Equal(ReasonCode.NoMatchingSubscribers, (await ExpectMsgAsync<Published>(Soon)).ReasonCode);
        Assert.Equal("3", (await server.Server.ExpectMsgAsync<Publish>(Soon)).Payload.ToText());
        server.Tell(new PubAck(second.PacketId));
        Assert.Equal("other", (await server.Server.ExpectMsgAsync<Publish>(Soon)).Topic); // its only alias is taken
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_and_server_meet_over_TLS(bool isMutual)
    {
        var folder = Directory.CreateTempSubdirectory("tls-recipe-").FullName;
        try
        {
            Write(folder, "server", TestCertificates.Shared.Server());
            Write(folder, "client", TestCertificates.Shared.Client());
            await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), TestCertificates.Shared.Authority.ExportCertificatePem());
            var listener = CreateTestProbe();
            var local = new IPEndPoint(IPAddress.Loopback, 0);
            listener.Send(
                Sys.Mqtt(), isMutual ? SecureLinks.ListenMutually(listener, local, folder) : SecureLinks.Listen(listener, local, folder));
            var port = ((IPEndPoint)(await listener.ExpectMsgAsync<Mqtt.Bound>(Soon)).LocalAddress).Port;

            Sys.Mqtt().Tell(SecureLinks.DialMutually("localhost", port, folder), TestActor);
            var accepted = await listener.ExpectMsgAsync<Mqtt.Connected>(Soon);

            Assert.Equal(isMutual ? "CN=client" : null, accepted.PeerCertificate?.Subject);
            Assert.Equal("CN=localhost", (await ExpectMsgAsync<Mqtt.Connected>(Soon)).PeerCertificate!.Subject);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_mqtts_address_has_port_8883_and_TLS()
    {
        var dial = SecureLinks.Dial("broker.example.com");
        Assert.Equal(8883, ((DnsEndPoint)dial.RemoteAddress).Port);
        Assert.NotNull(dial.Tls);
    }

    private static void Write(string folder, string name, X509Certificate2 certificate)
    {
        File.WriteAllText(Path.Combine(folder, name + ".pem"), certificate.ExportCertificatePem());
        using AsymmetricAlgorithm key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(Path.Combine(folder, name + ".key"), key.ExportPkcs8PrivateKeyPem());
    }

    private static async Task SubscribedAsync(Side side, string topic)
    {
        await side.Server.ExpectMsgAsync<Connect>(Soon);
        side.Tell(new ConnAck());
        Assert.Equal(topic, (await side.Server.ExpectMsgAsync<Subscribe>(Soon)).Subscriptions[0].Filter);
        side.Tell(new SubAck(1, ReasonCode.Success));
    }

    private async Task<(IActorRef Client, Side Side)> DialAsync(string name)
    {
        var probe = CreateTestProbe();
        var address = new InMemoryEndPoint(name);
        probe.Send(Sys.Mqtt(), new Mqtt.Bind(probe, address));
        await probe.ExpectMsgAsync<Mqtt.Bound>(Soon);
        Sys.Mqtt().Tell(new Mqtt.Connect(address), TestActor);
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        var accepted = (await probe.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        probe.Send(accepted, new Mqtt.Register(probe));
        return (connection, new Side(probe, accepted));
    }

    /// <summary>The server's side of a connection.</summary>
    private sealed record Side(TestProbe Server, IActorRef Connection)
    {
        public void Tell(object message) => Server.Send(Connection, message);
    }
}
