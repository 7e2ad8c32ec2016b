//! Groups: something said once reaches every member, in the same order for all.

use std::{
    any::Any,
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Errand, Gathering, Lane, Mailbox, PostError, Reason, Said, Token, lane::Home, lane::Members,
};

/// A set of connections to which messages are said.
///
/// Members hear what was said in the order of saying, the same for all of them, each message once,
/// from the moment they joined until they left. On a reactor whose threads serve connections
/// directly a message is one entry in a queue for each thread, and each thread walks its own
/// members; elsewhere it is posted to the members' mailboxes, and a member whose mailbox is full
/// is cut off.
///
/// Clones are handles to the same group. A message is cloned for each member, so make it small or
/// an [`Arc`].
///
/// ```
/// use ropewalk_protocol::Group;
///
/// let group: Group<u32> = Group::new();
/// group.say(7); // nobody is there to hear it
/// assert_eq!(group.len(), 0);
/// ```
pub struct Group<M> {
    inner: Arc<Inner<M>>,
}

/// The lock is held to change the roster and to queue one entry a lane; on drivers without lanes
/// also while a message is posted to the members. Nothing is called that could say or join.
struct Inner<M> {
    roster: Mutex<Roster<M>>,
}

struct Roster<M> {
    lanes: Vec<LaneQueue<M>>,
    others: Set<Mailbox<M>>,
}

/// What one thread has to hear, and who is there to hear it.
struct LaneQueue<M> {
    lane: Arc<dyn Lane>,
    queue: VecDeque<Entry<M>>,
    /// As of the entries taken from the queue; owned by the thread while it walks.
    members: Set<Token>,
    /// Members as of the end of the queue.
    present: HashSet<Token>,
    /// The last walk's lists, kept for their memory.
    run: Run<M>,
}

enum Entry<M> {
    Say(M),
    Join(Token),
    Leave(Token),
}

impl<M: Clone + Send + 'static> Group<M> {
    /// A group without members.
    #[must_use]
    pub fn new() -> Self {
        let roster = Roster { lanes: Vec::new(), others: Set::default() };
        Self { inner: Arc::new(Inner { roster: Mutex::new(roster) }) }
    }

    /// Makes the connection behind `member` hear what is said from now on. Joining twice is joining
    /// once.
    pub fn join(&self, member: &Mailbox<M>) {
        let mut roster = self.inner.lock();
        let Some(Home { lane, token }) = member.home() else {
            roster.others.insert(member.clone());
            return;
        };
        let index = roster.lanes.iter().position(|queue| Arc::ptr_eq(&queue.lane, lane));
        let index = index.unwrap_or_else(|| {
            roster.lanes.push(LaneQueue::new(Arc::clone(lane)));
            roster.lanes.len() - 1
        });
        let queue = &mut roster.lanes[index];
        if queue.present.insert(*token) {
            self.push(queue, Entry::Join(*token));
        }
    }

    /// Makes the connection behind `member` hear nothing that is said from now on.
    pub fn leave(&self, member: &Mailbox<M>) {
        let mut roster = self.inner.lock();
        let Some(Home { lane, token }) = member.home() else {
            roster.others.remove(member);
            return;
        };
        let found = roster.lanes.iter_mut().find(|queue| Arc::ptr_eq(&queue.lane, lane));
        if let Some(queue) = found
            && queue.present.remove(token)
        {
            self.push(queue, Entry::Leave(*token));
        }
    }

    /// Says `message` to every member. Never waits.
    pub fn say(&self, message: M) {
        let mut roster = self.inner.lock();
        for queue in roster.lanes.iter_mut().filter(|queue| !queue.present.is_empty()) {
            self.push(queue, Entry::Say(message.clone()));
        }
        roster.others.retain(|member| match member.post(message.clone()) {
            Ok(()) => true,
            Err(PostError::Full { limit }) => {
                member.abort(Reason::MailboxFull { limit });
                false
            }
            Err(PostError::Closed) => false,
        });
    }

    /// How many members there are, as far as joining and leaving tell.
    #[must_use]
    pub fn len(&self) -> usize {
        let roster = self.inner.lock();
        roster.lanes.iter().map(|queue| queue.present.len()).sum::<usize>()
            + roster.others.items.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push(&self, queue: &mut LaneQueue<M>, entry: Entry<M>) {
        queue.queue.push_back(entry);
        queue.lane.push(Errand::Group(Arc::clone(&self.inner) as Arc<dyn Gathering>));
    }
}

impl<M: Clone + Send + 'static> Default for Group<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Clone for Group<M> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<M> std::fmt::Debug for Group<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}

impl<M> Inner<M> {
    fn lock(&self) -> MutexGuard<'_, Roster<M>> {
        // What runs under the lock does not panic half-way through a change.
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Clone + Send + 'static> Inner<M> {
    fn with<T>(&self, lane: &Arc<dyn Lane>, f: impl FnOnce(&mut LaneQueue<M>) -> T) -> Option<T> {
        let mut roster = self.lock();
        roster.lanes.iter_mut().find(|queue| Arc::ptr_eq(&queue.lane, lane)).map(f)
    }
}

impl<M: Clone + Send + 'static> Gathering for Inner<M> {
    fn walk(&self, lane: &Arc<dyn Lane>, entries: usize, members: &mut dyn Members) {
        // The members are taken out while they are told, so that what they do in turn (say, join,
        // leave) finds the group unlocked; all of it goes to the end of the queue.
        let taken = self.with(lane, |queue| {
            let set = mem::take(&mut queue.members);
            let mut run = mem::take(&mut queue.run);
            run.fill(&mut queue.queue, entries);
            (set, run)
        });
        let Some((mut set, mut run)) = taken else { return };
        run.tell(&mut set, members);
        self.with(lane, |queue| {
            queue.members = set;
            for gone in run.gone.drain(..) {
                queue.present.remove(&gone);
            }
            queue.run = run;
        });
    }
}

impl<M> LaneQueue<M> {
    fn new(lane: Arc<dyn Lane>) -> Self {
        let (queue, members, run) = (VecDeque::new(), Set::default(), Run::default());
        Self { lane, queue, members, present: HashSet::new(), run }
    }
}

/// Entries of a queue that are dealt with together: each member hears its share of the messages at
/// once, so that a thousand users who join a room of thousands cost each of those one write.
struct Run<M> {
    messages: Vec<M>,
    /// Who comes and who goes, and how many of the messages were said before.
    changes: Vec<(usize, Entry<M>)>,
    joining: Vec<(Token, usize)>,
    /// Members that turned out to be lost without having left.
    gone: Vec<Token>,
}

impl<M> Default for Run<M> {
    fn default() -> Self {
        let (changes, joining, gone) = (Vec::new(), Vec::new(), Vec::new());
        Self { messages: Vec::new(), changes, joining, gone }
    }
}

impl<M: Clone + 'static> Run<M> {
    fn fill(&mut self, queue: &mut VecDeque<Entry<M>>, entries: usize) {
        for entry in queue.drain(..entries.min(queue.len())) {
            match entry {
                Entry::Say(message) => self.messages.push(message),
                change => self.changes.push((self.messages.len(), change)),
            }
        }
    }

    fn tell(&mut self, set: &mut Set<Token>, members: &mut dyn Members) {
        for (before, change) in self.changes.drain(..) {
            match change {
                Entry::Join(token) => {
                    let known = set.contains(&token)
                        || self.joining.iter().any(|(joining, _)| *joining == token);
                    if !known {
                        self.joining.push((token, before));
                    }
                }
                Entry::Leave(token) => {
                    let joined = self.joining.iter().position(|(joining, _)| *joining == token);
                    let from = match joined {
                        Some(index) => self.joining.swap_remove(index).1,
                        None if set.remove(&token) => 0,
                        None => continue,
                    };
                    deliver(&self.messages[from..before], token, members);
                }
                Entry::Say(_) => {}
            }
        }
        if !self.messages.is_empty() {
            let said = Share(&self.messages);
            set.retain(|member| {
                let there = members.deliver(*member, &said);
                if !there {
                    self.gone.push(*member);
                }
                there
            });
        }
        for (token, from) in self.joining.drain(..) {
            if deliver(&self.messages[from..], token, members) {
                set.insert(token);
            } else {
                self.gone.push(token);
            }
        }
        self.messages.clear();
    }
}

/// Tells one member its share; false when it is gone.
fn deliver<M: Clone + 'static>(share: &[M], member: Token, members: &mut dyn Members) -> bool {
    share.is_empty() || members.deliver(member, &Share(share))
}

struct Share<'a, M>(&'a [M]);

impl<M: Clone + 'static> Said for Share<'_, M> {
    fn count(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn put(&self, index: usize, slot: &mut dyn Any) {
        if let Some(slot) = slot.downcast_mut::<Option<M>>() {
            *slot = Some(self.0[index].clone());
        }
    }
}

/// A set that is walked as a plain list.
struct Set<T> {
    items: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Set<T> {
    fn insert(&mut self, item: T) {
        let place = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        if let std::collections::hash_map::Entry::Vacant(vacant) = self.places.entry(item.clone()) {
            vacant.insert(place);
            self.items.push(item);
        }
    }

    fn contains(&self, item: &T) -> bool {
        self.places.contains_key(item)
    }

    /// Whether it was there.
    fn remove(&mut self, item: &T) -> bool {
        let place = self.places.remove(item);
        if let Some(place) = place {
            self.remove_at(place);
        }
        place.is_some()
    }

    fn remove_at(&mut self, place: u32) {
        self.items.swap_remove(place as usize);
        if let Some(moved) = self.items.get(place as usize)
            && let Some(entry) = self.places.get_mut(moved)
        {
            *entry = place;
        }
    }

    fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let mut place = 0;
        while let Some(item) = self.items.get(place as usize) {
            if keep(item) {
                place += 1;
            } else {
                self.places.remove(item);
                self.remove_at(place);
            }
        }
    }
}
