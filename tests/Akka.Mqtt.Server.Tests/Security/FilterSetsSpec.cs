using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using CsCheck;

namespace Akka.Mqtt.Server.Tests.Security;

public class FilterSetsSpec
{
    [Fact]
    public void A_filter_that_covers_another_matches_all_that_the_other_does() =>
        Gen.Select(GenText.Filter, GenText.Filter, GenText.Topic).Where(each => TopicFilter.IsValid(each.Item1) && TopicFilter.IsValid(each.Item2)).Sample(
            (outer, inner, topic) => !FilterSets.Covers(outer, inner) || !TopicFilter.Matches(inner, topic) || TopicFilter.Matches(outer, topic));

    [Fact]
    public void Filters_that_match_the_same_topic_overlap() =>
        Gen.Select(GenText.Filter, GenText.Filter, GenText.Topic).Sample(
            (one, other, topic) => FilterSets.Overlap(one, other) || !TopicFilter.Matches(one, topic) || !TopicFilter.Matches(other, topic));

    [Theory]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/+/#", true)]
    [InlineData("a/+", "a/#", false)]
    [InlineData("+/b", "a/b", true)]
    [InlineData("a/b", "a/+", false)]
    [InlineData("#", "$SYS/x", false)]
    public void Covering_is_as_the_standard_matches(string outer, string inner, bool covers) => Assert.Equal(covers, FilterSets.Covers(outer, inner));

    [Theory]
    [InlineData("a/#", "+/b", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/+", "a/b/#", true)]
    [InlineData("#", "$SYS/#", false)]
    public void Overlapping_is_as_the_standard_matches(string one, string other, bool overlap) => Assert.Equal(overlap, FilterSets.Overlap(one, other));
}
