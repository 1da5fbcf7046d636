using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Protocol.Tests;

public class InboundWindowSpec
{
    [Fact]
    public void A_repeat_is_known_until_PUBREL()
    {
        var window = new InboundWindow();
        Assert.Equal(InboundResult.New, window.Receive(7, 10));
        Assert.Equal(InboundResult.Repeat, window.Receive(7, 10));
        Assert.True(window.Release(7));
        Assert.False(window.Release(7));
        Assert.Equal(InboundResult.New, window.Receive(7, 10));
    }

    [Fact]
    public void One_more_than_the_Receive_Maximum_is_refused_but_a_repeat_is_not()
    {
        var window = new InboundWindow();
        window.Receive(1, 2);
        window.Receive(2, 2);
        Assert.Equal(InboundResult.ReceiveMaximumExceeded, window.Receive(3, 2));
        Assert.Equal(InboundResult.Repeat, window.Receive(2, 2));
        Assert.Equal(2, window.Count);
    }
}
