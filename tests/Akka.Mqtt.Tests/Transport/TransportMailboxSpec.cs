using System.Net;
using Akka.Actor;
using Akka.Event;
using Akka.IO;
using Akka.Mqtt.Dispatch;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Transport;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Transport;

/// <summary>Commands that Akka.IO's connection actor has not read when its connection ends.</summary>
public sealed class TransportMailboxSpec(ITestOutputHelper output) : MqttSpec(output)
{
    [Fact]
    public void Commands_that_are_left_are_dropped_and_anything_else_is_a_dead_letter()
    {
        var (left, letters) = (new TransportMailbox.Queue(), new LinkedMessageQueue());
        foreach (var message in (object[])[Tcp.ResumeReading.Instance, "other", Tcp.Abort.Instance])
            left.Enqueue(TestActor, new Akka.Actor.Envelope(message, TestActor));
        left.CleanUp(TestActor, letters);
        Assert.True(letters.TryDequeue(out var letter));
        Assert.Equal("other", letter.Message);
        Assert.False(letters.HasMessages);
    }

    [Fact]
    public async Task A_connection_that_is_aborted_leaves_no_dead_letters()
    {
        var letters = CreateTestProbe("letters");
        Sys.EventStream.Subscribe(letters, typeof(DeadLetter));
        Sys.Mqtt().Tell(new Mqtt.Bind(TestActor, new IPEndPoint(IPAddress.Loopback, 0)));
        var bound = await ExpectMsgAsync<Mqtt.Bound>();
        for (var connection = 0; connection < 50; connection++)
        {
            Sys.Mqtt().Tell(new Mqtt.Connect(bound.LocalAddress));
            Mqtt.Connected[] both = [await ExpectMsgAsync<Mqtt.Connected>(), await ExpectMsgAsync<Mqtt.Connected>()];
            foreach (var each in both)
                each.Connection.Tell(new Mqtt.Register(TestActor));
            both.Single(each => each.Role == MqttRole.Client).Connection.Tell(new Connect());
            await FishForMessageAsync(message => message is Connect, Soon); // both transports are at work
            foreach (var each in both)
                each.Connection.Tell(Mqtt.Abort.Instance);
            foreach (var _ in both)
                await FishForMessageAsync(message => message is Mqtt.ConnectionClosed, Soon);
        }
        await letters.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }
}
